/** A spreadsheet: which tabs it holds. */

import { SheetsSource } from "./sheets_source.js";

export class SheetsBook {
  constructor(service, spreadsheet) {
    this.name = "sheets";
    this.title = "Google 表格";
    this.service = service;
    this.spreadsheet = spreadsheet;
    this.tables = [];
  }

  get path() { return `/v4/spreadsheets/${this.spreadsheet}`; }

  /** Reads the tabs. Hidden ones are not shown, as in the real thing. */
  async load() {
    const { sheets } = await this.service.ask("GET", this.path, { query: [["fields", "sheets(properties,protectedRanges)"]] });
    this.tables = sheets.filter((sheet) => !sheet.properties.hidden)
      .map(({ properties, protectedRanges = [] }) => ({ key: properties.sheetId, name: properties.title, grid: properties.gridProperties, protections: protectedRanges }));
  }

  /** Opens a tab and reads what is in sight. */
  async open(table, changed) {
    const source = new SheetsSource(this, table, changed);
    await source.refresh(table);
    return source;
  }

  /** Sends requests of a menu: all of them or none. Returns the answer. */
  batch(...requests) {
    return this.service.ask("POST", `${this.path}:batchUpdate`, { body: { requests } });
  }
}
