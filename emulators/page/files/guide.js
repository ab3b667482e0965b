/** What a visitor may try first, as the control endpoint was told; it can be folded away. */

import { h } from "./dom.js";

const WIDE_PX = 900;

/** Draws the steps into their place; without any, the place stays empty. */
export function drawGuide(place, steps) {
  const list = h("ol", {}, ...steps.map((step) => h("li", {}, step)));
  place.replaceChildren(...(steps.length ? [h("details", { class: "guide", open: innerWidth >= WIDE_PX }, h("summary", {}, "先试这几步"), list)] : []));
}
