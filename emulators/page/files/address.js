/** What the page's address asks for: a view and a table by name, or a row as the services' own sites name it (web.py). */
export function askedBy({ search, hash }) {
  const query = new URLSearchParams(search), place = new URLSearchParams(hash.slice(1));
  if (query.has("base")) return { view: "airtable", file: query.get("base"), key: query.get("table"), row: query.get("record") };
  if (query.has("spreadsheet")) {
    const [row = 1] = /\d+/.exec(place.get("range") ?? "") ?? [];
    return { view: "sheets", file: query.get("spreadsheet"), key: Number(place.get("gid")), row: row - 1 };
  }
  const [view = "", table = ""] = hash.slice(1).split("/").map(decodeURIComponent);
  return { view, table };
}
