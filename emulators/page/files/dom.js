/** Builds elements. What comes from a cell goes in as text only, so that it can never become markup. */

/** An element; a name that begins with "on" is a listener, `true` an attribute without value, `null` none. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** A button with a text. */
export function button(text, run, attributes = {}) {
  return h("button", { type: "button", onclick: run, ...attributes }, text);
}

/** Whether a text is an address that may become a link; anything else, `javascript:` for one, stays text. */
export function isAddress(text) {
  return /^https?:\/\/\S+$/i.test(text);
}
