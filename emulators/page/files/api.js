/** The services' own API on the page's own address, asked with the token of the person at the screen. */

/** An answer that is not 2xx; the message is the service's. */
export class ApiFault extends Error {}

/** What the page's own server says: `session` or `revision`. */
export async function own(name) {
  const answer = await fetch(`/_page/${name}`, { cache: "no-store" });
  const content = await answer.json();
  if (!answer.ok) throw new ApiFault(content.error ?? answer.statusText);
  return content;
}

/** The mails received, newest last. */
export async function mails() {
  return (await fetch("/_mailbox", { cache: "no-store" })).json();
}

/** One service as one person. */
export class Service {
  constructor(name, token) {
    this.name = name;
    this.token = token;
  }

  /** Sends a request; `query` is a list of pairs. Returns the JSON answer; throws ApiFault. */
  async ask(method, path, { query = [], body = undefined } = {}) {
    const address = query.length ? `${path}?${new URLSearchParams(query)}` : path;
    const answer = await fetch(address, {
      method,
      cache: "no-store",
      headers: { Authorization: `Bearer ${this.token}`, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new ApiFault(`${this.name} ${answer.status}:${reason(text)}`);
    return text ? JSON.parse(text) : {};
  }
}

function reason(text) {
  try {
    const { error, errors } = JSON.parse(text);
    return (typeof error === "string" ? error : error?.message ?? error?.type) ?? errors?.[0]?.message ?? text;
  } catch {
    return text.slice(0, 200);
  }
}

/** The members of a list in groups of at most `size`. */
export function groups(list, size) {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, place) => list.slice(place * size, (place + 1) * size));
}
