/** One Airtable table as a grid: rows are records, the last row is where a new one begins. */

import { input, kindOf, parsed, shown, textOf, tone } from "./airtable_cells.js";
import { Links } from "./airtable_links.js";
import { groups } from "./api.js";
import { breadth } from "./columns.js";
import { told } from "./notice.js";

const PAGE = 100;
const BATCH = 10;
const ROWS_STEP = 1000;
const WIDTH_ROWS = 200;
const WIDTH_MAX = 250;
const TYPED = new Set(["singleLineText", "multilineText", "richText", "email", "url", "phoneNumber"]);

export class AirtableSource {
  constructor(book, table, changed) {
    this.book = book;
    this.changed = () => changed(this);
    this.key = table.key;
    this.records = [];
    this.limit = ROWS_STEP;
    this.sort = null;
    this.last = Promise.resolve();
    this.blank = { made: null };
    this.frozenRows = 0;
    this.frozenColumns = 1;
    this.links = new Links(book, this.changed);
    this.#take(table);
  }

  #take(table) {
    this.table = table;
    this.columns = table.columns.map((one) => ({ ...one, width: this.#width(one), sorted: this.sort?.key === one.key ? this.sort.direction : null }));
  }

  /** Wide enough for what stands in the first rows, within reason. */
  #width({ field, width, key }) {
    if (field.type === "multipleRecordLinks" || field.type === "checkbox") return width;
    const texts = this.records.slice(0, WIDTH_ROWS).map((record) => textOf(field, record.fields[key], String).split("\n")[0]);
    return texts.reduce((most, text) => Math.max(most, Math.min(breadth(text), WIDTH_MAX)), width);
  }

  get #path() { return `/v0/${this.book.place}/${this.key}`; }
  get rowCount() { return this.records.length + 1; }

  /** Reads the rows again; `table` is the schema where that may have changed. */
  async refresh(table = this.book.tables.find((one) => one.key === this.key)) {
    const records = await this.#read();
    this.records = records;
    this.#take(table);
    // What began as the blank last row is a record now, and another blank row takes its place.
    if (records.some((record) => record.id === this.blank.made)) this.blank = { made: null };
    told(() => this.links.learn(this.columns, records));
    this.changed();
  }

  async #read() {
    const records = [];
    let offset = "";
    do {
      const page = await this.book.service.ask("GET", this.#path, { query: this.#query(offset) });
      records.push(...page.records);
      offset = page.offset ?? "";
    } while (offset && records.length < this.limit);
    this.more = Boolean(offset);
    return records;
  }

  #query(offset) {
    const sort = this.sort ? [["sort[0][field]", this.sort.key], ["sort[0][direction]", this.sort.direction]] : [];
    const view = this.table.view ? [["view", this.table.view]] : [];
    return [["pageSize", PAGE], ["returnFieldsByFieldId", "true"], ...view, ...sort, ...(offset ? [["offset", offset]] : [])];
  }

  need() { /* All rows up to the limit are there. */ }
  rowName(row) { return row < this.records.length ? row + 1 : "＋"; }
  rowKey(row) { return this.records[row]?.id ?? this.blank; }
  find(key) {
    const id = key?.made ?? key;
    return key === this.blank ? this.records.length : this.records.findIndex((record) => record.id === id);
  }
  cellName(row, index) { return `${this.rowName(row)} · ${this.columns[index].name}`; }
  placeName(row, index) { return `${this.records[row]?.id} ${this.columns[index].key}`; }
  place(row, index) { return { record: this.rowKey(row), column: this.columns[index] }; }

  #value(row, index) { return this.records[row]?.fields[this.columns[index].key]; }

  cell(row, index) {
    if (row >= this.records.length) return { text: "" };
    const { field } = this.columns[index];
    return shown(field, this.#value(row, index), this.links.namer(field));
  }

  kindNow(row, index) { return kindOf(this.columns[index]); }
  kind(row, index) { return this.kindNow(row, index); }
  input(row, index) {
    const { field } = this.columns[index];
    return input(field, this.#value(row, index), this.links.namer(field));
  }

  permits() { return true; }
  pastesFrom() { return false; }
  areaOf() { return null; }
  savesWhileTyping({ column }) { return TYPED.has(column.field.type); }

  /** What the list of a select or link cell offers. */
  choices(row, index) {
    const { field } = this.columns[index];
    const value = this.#value(row, index);
    const chosen = value === undefined ? [] : Array.isArray(value) ? value : [value];
    if (field.type === "multipleRecordLinks") {
      return { chosen, several: !field.options.prefersSingleRecordLink, look: (text) => this.links.look(field, text, chosen) };
    }
    const options = field.options.choices.map((choice) => ({ key: choice.name, text: choice.name, tone: tone(choice) }));
    return { chosen, several: field.type === "multipleSelects", look: (text) => options.filter((option) => option.text.includes(text)) };
  }

  /** Writes what was chosen from the list. */
  choose(place, keys) {
    return this.#send([{ place, value: place.column.field.type === "singleSelect" ? keys[0] ?? null : keys }], false);
  }

  /** Writes typed texts. Returns how to take it back. */
  write(edits) {
    return this.#send(edits.map(({ place, text }) => ({ place, value: parsed(place.column.field, text) })), false);
  }

  /** One write after the other: the second cell of a new record has to find it made. */
  #send(edits, typecast) {
    const turn = this.last.then(() => this.#sendNow(edits, typecast));
    this.last = turn.catch(() => {});
    return turn;
  }

  async #sendNow(edits, typecast) {
    const rows = new Map();
    for (const { place, value } of edits) rows.set(place.record, { ...rows.get(place.record), [place.column.key]: value });
    const before = this.#before(rows);
    const old = [...rows].filter(([record]) => typeof (record.made ?? record) === "string");
    const fresh = [...rows].filter(([record]) => typeof (record.made ?? record) !== "string");
    await this.#patch(old.map(([record, fields]) => ({ id: record.made ?? record, fields })), typecast);
    const made = await this.#create(fresh.map(([, fields]) => fields), typecast);
    fresh.forEach(([record], place) => { if (typeof record === "object") record.made = made[place]; });
    return () => Promise.all([this.#patch(before, false), this.#remove(made)]);
  }

  /** What the cells to be written hold now. */
  #before(rows) {
    return [...rows].filter(([record]) => typeof record === "string").map(([id, fields]) => {
      const held = this.records.find((record) => record.id === id)?.fields ?? {};
      return { id, fields: Object.fromEntries(Object.keys(fields).map((key) => [key, held[key] ?? null])) };
    });
  }

  async #patch(entries, typecast) {
    for (const records of groups(entries, BATCH)) await this.book.service.ask("PATCH", this.#path, { body: { records, typecast } });
  }

  async #create(rows, typecast) {
    const made = [];
    for (const group of groups(rows, BATCH)) {
      const answer = await this.book.service.ask("POST", this.#path, { body: { records: group.map((fields) => ({ fields })), typecast } });
      made.push(...answer.records.map((record) => record.id));
    }
    return made;
  }

  async #remove(ids) {
    for (const group of groups(ids, BATCH)) await this.book.service.ask("DELETE", this.#path, { query: group.map((id) => ["records[]", id]) });
  }

  clear(selection) {
    const edits = this.#open(selection).map((place) => ({ place, value: null }));
    return edits.length ? this.#send(edits, false) : null;
  }

  #open(selection) {
    const columns = selection.columns().filter((index) => !this.columns[index].locked);
    const rows = selection.rows().filter((row) => row < this.records.length);
    return rows.flatMap((row) => columns.map((index) => this.place(row, index)));
  }

  /** Pastes rows of text; below the last record new ones begin. A single text fills the whole area. */
  paste(area, rows) {
    const columns = area.columns().filter((index) => index < this.columns.length);
    const edits = area.rows().flatMap((row) => {
      const record = row < this.records.length ? this.rowKey(row) : { made: null };
      const cells = rows[(row - area.top) % rows.length];
      return columns.map((index, place) => ({ place: { record, column: this.columns[index] }, text: cells[place % cells.length] ?? "" }));
    });
    const open = edits.filter(({ place }) => !place.column.locked);
    return this.#send(open.map(({ place, text }) => ({ place, value: parsed(place.column.field, text) })), true);
  }

  get actions() {
    return [
      { text: "新增行", goal: () => [this.records.length, 0] },
      { text: "复制行", run: (selection) => this.#duplicate(selection), said: () => "已复制。" },
      { text: "删除行", run: (selection) => this.#delete(selection), said: () => "已删除。" },
      { text: "升序", writes: false, run: (selection) => this.#sortBy(selection, "asc") },
      { text: "降序", writes: false, run: (selection) => this.#sortBy(selection, "desc") },
      ...(this.sort ? [{ text: "取消排序", writes: false, run: () => this.#sortBy(null) }] : []),
      ...(this.more ? [{ text: `再读 ${ROWS_STEP} 行`, writes: false, run: () => { this.limit += ROWS_STEP; } }] : []),
    ];
  }

  async #sortBy(selection, direction) {
    this.sort = selection && { key: this.columns[selection.focus[1]].key, direction };
  }

  async #duplicate(selection) {
    const made = await this.#create(this.#chosen(selection).map((record) => this.#writable(record)), false);
    return { undo: () => this.#remove(made), select: () => [Math.max(this.find(made[0]), 0), 0] };
  }

  async #delete(selection) {
    const gone = this.#chosen(selection);
    await this.#remove(gone.map((record) => record.id));
    return { undo: () => this.#create(gone.map((record) => this.#writable(record)), false) };
  }

  #chosen(selection) {
    return selection.rows().map((row) => this.records[row]).filter(Boolean);
  }

  #writable(record) {
    const open = new Set(this.columns.filter((one) => !one.locked).map((one) => one.key));
    return Object.fromEntries(Object.entries(record.fields).filter(([key]) => open.has(key)));
  }
}
