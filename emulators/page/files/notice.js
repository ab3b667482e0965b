/** What the page tells and asks: passing notices, and questions before something that is hard to take back. */

import { button, h } from "./dom.js";

const SHOWN_MS = 9000;

/** A notice that goes by itself; `kind` is "fault" or "done". `action` is an optional [text, run]. */
export function notice(text, kind = "done", action = null) {
  const more = action && button(action[0], () => { box.remove(); action[1](); });
  const box = h("div", { class: `notice ${kind}` }, h("span", {}, text), more, button("×", () => box.remove(), { "aria-label": "关闭" }));
  document.getElementById("notices").replaceChildren(box);
  setTimeout(() => box.remove(), SHOWN_MS);
}

/** Runs something, and tells when it fails; the result, or undefined. */
export async function told(work) {
  try {
    return await work();
  } catch (fault) {
    notice(fault.message, "fault");
    return undefined;
  }
}

/** Asks before going on; resolves to whether the answer was yes. */
export function confirmed(question, yes) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "question", onclose: () => { dialog.remove(); resolve(dialog.returnValue === "yes"); } },
      h("p", {}, question),
      h("div", { class: "answers" },
        button("取消", () => dialog.close("no")),
        button(yes, () => dialog.close("yes"), { class: "main", autofocus: true })));
    document.body.append(dialog);
    dialog.showModal();
  });
}
