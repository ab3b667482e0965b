/** An Airtable base: which tables it holds. */

import { column } from "./airtable_cells.js";
import { AirtableSource } from "./airtable_source.js";

export class AirtableBook {
  constructor(service, base) {
    this.name = "airtable";
    this.title = "Airtable";
    this.service = service;
    this.place = base;
    this.tables = [];
  }

  /** The bases that there are: {id, name} of each. */
  async shelf() {
    return (await this.service.ask("GET", "/v0/meta/bases")).bases;
  }

  /** Reads the schema. */
  async load() {
    const { tables } = await this.service.ask("GET", `/v0/meta/bases/${this.place}/tables`);
    this.tables = tables.map((table) => ({ key: table.id, name: table.name, primary: table.primaryFieldId, columns: primaryFirst(table), view: table.views[0]?.id }));
  }

  /** Opens a table and reads its first rows. */
  async open(table, changed) {
    const source = new AirtableSource(this, table, changed);
    await source.refresh();
    return source;
  }
}

function primaryFirst(table) {
  const columns = table.fields.map(column);
  return [...columns.filter(({ key }) => key === table.primaryFieldId), ...columns.filter(({ key }) => key !== table.primaryFieldId)];
}
