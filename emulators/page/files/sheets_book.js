/** A spreadsheet: which tabs it holds. */

import { SheetsSource } from "./sheets_source.js";

export class SheetsBook {
  constructor(service, spreadsheet) {
    this.name = "sheets";
    this.title = "Google 表格";
    this.service = service;
    this.place = spreadsheet;
    this.tables = [];
  }

  get path() { return `/v4/spreadsheets/${this.place}`; }

  /** The spreadsheets that are shared with the person: {id, name} of each. */
  async shelf() {
    const query = [["q", "mimeType = 'application/vnd.google-apps.spreadsheet'"], ["fields", "files(id,name)"], ["pageSize", 100]];
    const { files = [] } = await this.service.ask("GET", "/drive/v3/files", { query });
    return files.toSorted((one, other) => Number(other.id === this.place) - Number(one.id === this.place) || one.name.localeCompare(other.name));
  }

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
