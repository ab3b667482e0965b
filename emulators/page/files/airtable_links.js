/** Names of linked records, which the interface gives as ids: asked for once, in groups, and again when something changed. */

import { groups } from "./api.js";

const GROUP = 50;
const OFFERED = 30;
const STALE_MS = 5000;

export class Links {
  constructor(book, learned) {
    this.book = book;
    this.learned = learned;
    this.names = new Map();
    this.asked = new Map();
  }

  /** A function from a record's id to its name; the id until the name is known. */
  namer(field) {
    return field.type === "multipleRecordLinks" ? (id) => this.names.get(id) ?? "…" : String;
  }

  /** Finds the names of what these records link to, and tells when there are new ones. */
  async learn(columns, records) {
    const before = JSON.stringify([...this.names]);
    const fields = columns.map(({ field }) => field).filter(({ type }) => type === "multipleRecordLinks");
    await Promise.all(fields.map((field) => this.#learnField(field, records)));
    if (JSON.stringify([...this.names]) !== before) this.learned();
  }

  #learnField(field, records) {
    const now = performance.now();
    const ids = new Set(records.flatMap((record) => record.fields[field.id] ?? []));
    const old = [...ids].filter((id) => now - (this.asked.get(id) ?? -Infinity) > STALE_MS);
    for (const id of old) this.asked.set(id, now);
    return Promise.all(groups(old, GROUP).map((group) => this.#ask(field, `OR(${group.map((id) => `RECORD_ID()='${id}'`).join(",")})`)));
  }

  /** Reads the records of the linked table that a formula lets through; [id, name] of each. */
  async #ask(field, formula, size = GROUP) {
    const table = this.book.tables.find((one) => one.key === field.options.linkedTableId);
    if (!table) return [];
    const body = { pageSize: size, fields: [table.primary], returnFieldsByFieldId: true, ...(formula ? { filterByFormula: formula } : {}) };
    const { records } = await this.book.service.ask("POST", `/v0/${this.book.place}/${table.key}/listRecords`, { body });
    const found = records.map((record) => [record.id, String(record.fields[table.primary] ?? "(无名)")]);
    for (const [id, name] of found) this.names.set(id, name);
    return found;
  }

  /** Records of the linked table to choose from: those already chosen, then those whose name holds the text. */
  async look(field, text, chosen) {
    const table = this.book.tables.find((one) => one.key === field.options.linkedTableId);
    const primary = table?.columns[0].name;
    const formula = text && primary ? `FIND(LOWER("${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"),LOWER({${primary}}&""))` : "";
    const found = await this.#ask(field, formula, OFFERED);
    const first = chosen.filter((id) => !text && !found.some(([other]) => other === id)).map((id) => [id, this.names.get(id) ?? id]);
    return [...first, ...found].map(([key, name]) => ({ key, text: name, tone: "link" }));
  }
}
