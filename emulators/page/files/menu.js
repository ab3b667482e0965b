/** A menu at the pointer. */

import { button, h } from "./dom.js";

/** Opens a menu of [text, run] at a point of the window; it closes with the next click or key. */
export function menu(x, y, offered) {
  document.querySelector(".menu")?.remove();
  const box = h("div", { class: "menu", role: "menu" }, ...offered.map(([text, run]) => button(text, () => { close(); run(); }, { role: "menuitem" })));
  const close = () => {
    box.remove();
    removeEventListener("pointerdown", outside, true);
    removeEventListener("keydown", escaped, true);
  };
  const outside = (event) => { if (!box.contains(event.target)) close(); };
  const escaped = (event) => { if (event.key === "Escape") close(); };
  document.body.append(box);
  box.style.left = `${Math.min(x, innerWidth - box.offsetWidth - 4)}px`;
  box.style.top = `${Math.min(y, innerHeight - box.offsetHeight - 4)}px`;
  addEventListener("pointerdown", outside, true);
  addEventListener("keydown", escaped, true);
}
