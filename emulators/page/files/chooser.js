/** A list to choose from, beside a cell: one option or several, found by typing. */

import { h } from "./dom.js";
import { told } from "./notice.js";

const WAIT_MS = 150;

/** Opens the list. `look(text)` gives the options ({key, text, tone?}); `chosen` is a set of keys.
 *
 * `several` lets one tick more than one; `free` takes a typed text that is no option. `done(keys, text, move)` is called
 * once at the end, or not at all when nothing was changed.
 */
export class Chooser {
  constructor(host, { box, look, chosen, several, free, typed = "", done, closed }) {
    Object.assign(this, { look, chosen: new Set(chosen), several, free, done, closed, options: [], place: 0, changed: false });
    this.input = h("input", {
      class: "find", "aria-label": "查找选项", placeholder: "输入以查找", value: typed, autocomplete: "off",
      oninput: () => this.#later(), onkeydown: (event) => this.#key(event),
    });
    this.list = h("ul", { role: "listbox", "aria-label": "选项", "aria-multiselectable": several });
    this.element = h("div", { class: "chooser", onfocusout: (event) => this.#left(event), onpointerdown: (event) => event.stopPropagation() }, this.input, this.list);
    host.append(this.element);
    this.#stand(host, box);
    this.input.focus();
    this.input.setSelectionRange(typed.length, typed.length);
    this.#find();
  }

  #stand(host, box) {
    const room = host.getBoundingClientRect();
    this.element.style.left = `${Math.max(4, Math.min(box.left, room.width - 244))}px`;
    const below = room.height - box.bottom;
    if (below > 220 || below > box.top) this.element.style.top = `${box.bottom}px`;
    else this.element.style.bottom = `${room.height - box.top}px`;
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#find(), WAIT_MS);
  }

  async #find() {
    const asked = this.input.value;
    const found = await told(() => this.look(asked.trim()));
    if (!found || asked !== this.input.value) return;
    this.options = found;
    this.foundFor = asked;
    this.place = 0;
    this.#draw();
  }

  #draw() {
    const items = this.options.map((option, place) => h("li", {
      role: "option", "aria-selected": this.chosen.has(option.key), class: place === this.place ? "here" : "",
      onpointerdown: (event) => { event.preventDefault(); this.#take(place); },
    }, h("span", { class: "tick" }, this.chosen.has(option.key) ? "✓" : ""), h("span", { class: `pill ${option.tone ?? ""}` }, option.text)));
    this.list.replaceChildren(...(items.length ? items : [h("li", { class: "none" }, "没有符合的选项")]));
    this.list.querySelector(".here")?.scrollIntoView({ block: "nearest" });
  }

  #take(place) {
    const option = this.options[place];
    if (!option) return;
    if (!this.several) {
      this.changed = !this.chosen.has(option.key);
      this.chosen = new Set([option.key]);
      this.#end([0, 0]);
      return;
    }
    this.changed = true;
    if (!this.chosen.delete(option.key)) this.chosen.add(option.key);
    this.#draw();
  }

  #key(event) {
    if (event.isComposing) return;
    const act = {
      Escape: () => { this.changed = false; this.#end(); },
      Tab: async () => { await this.entering; this.#end([0, event.shiftKey ? -1 : 1]); },
      ArrowDown: () => this.#step(1),
      ArrowUp: () => this.#step(-1),
      Enter: () => { this.entering = this.#enter(); },
    }[event.key];
    event.stopPropagation();
    if (!act) return;
    event.preventDefault();
    act();
  }

  async #enter() {
    clearTimeout(this.timer);
    if (this.foundFor !== this.input.value) await this.#find();
    const text = this.input.value.trim();
    if (this.options.length && !(this.several && !text)) this.#take(this.place);
    else if (this.free && text) this.#end([1, 0], text);
    else this.#end([1, 0]);
  }

  #step(steps) {
    this.place = Math.max(0, Math.min(this.place + steps, this.options.length - 1));
    this.#draw();
  }

  #left(event) {
    if (!this.element.contains(event.relatedTarget)) this.#end();
  }

  #end(move = null, text = null) {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.timer);
    this.element.remove();
    if (this.changed || text !== null) this.done([...this.chosen], text, move);
    this.closed(move);
  }
}
