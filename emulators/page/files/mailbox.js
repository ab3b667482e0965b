/** The mailbox: what arrived, newest first, and one mail as text or as its reader sees it. */

import { mails } from "./api.js";
import { button, h } from "./dom.js";

export class MailboxView {
  constructor() {
    this.mails = [];
    this.chosen = null;
    this.asText = false;
    this.list = h("ul", { class: "mails", "aria-label": "收到的邮件" });
    this.reader = h("article", { class: "reader", "aria-live": "polite" });
    this.element = h("section", { class: "pane mail", "aria-label": "邮箱" }, this.list, this.reader);
  }

  /** Reads the mails again. */
  async refresh() {
    this.mails = await mails();
    if (this.chosen === null || this.chosen >= this.mails.length) this.chosen = this.mails.length - 1;
    this.#draw();
  }

  #draw() {
    const items = this.mails.map((mail, place) => h("li", {}, button("", () => this.#choose(place), { class: place === this.chosen ? "here" : "" })));
    items.forEach((item, place) => item.firstChild.append(
      h("b", {}, this.mails[place].subject || "(无主题)"), h("span", {}, this.mails[place].to.join("、"))));
    this.list.replaceChildren(...(items.length ? items.reverse() : [h("li", { class: "none" }, "还没有邮件。")]));
    this.#read();
  }

  #choose(place) {
    this.chosen = place;
    this.#draw();
  }

  #read() {
    const mail = this.mails[this.chosen];
    if (!mail) return this.reader.replaceChildren();
    const asText = this.asText || !mail.html;
    const kinds = [["网页", false], ["文本", true]].map(([name, text]) => button(name, () => { this.asText = text; this.#read(); }, {
      "aria-pressed": String(text === asText), disabled: !text && !mail.html,
    }));
    this.reader.replaceChildren(
      h("header", {}, h("h2", {}, mail.subject || "(无主题)"),
        h("p", {}, `发件人：${mail.from || "(空)"}　收件人：${mail.to.join("、")}`),
        h("p", {}, mail.headers.Date ?? ""), h("div", { class: "kinds" }, ...kinds)),
      asText ? h("pre", {}, mail.text) : this.#frame());
    return undefined;
  }

  /** The mail's own HTML, where no script runs and nothing is asked of anybody. Its links open beside this page. */
  #frame() {
    return h("iframe", { title: "邮件内容", src: `/_page/mail/${this.chosen}`, sandbox: "allow-popups allow-popups-to-escape-sandbox" });
  }
}
