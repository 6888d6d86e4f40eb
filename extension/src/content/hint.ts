import type { Look } from "../ghost/index.ts";
import type { WorkerClient } from "./worker-client.ts";

/**
 * Says once, beside the field that one writes in, that the server is not there. It takes no focus and no key, covers nothing of the
 * field where there is room outside of it, and goes with the field, with an answer, with Escape, or when its button is pressed.
 */

/** A live region stands there before its text does: what comes along with it is not read out. */
const READ_OUT_MS = 100;
const GAP_PX = 6;

export function showHints(client: WorkerClient, look: Look, signal: AbortSignal): void {
  let shown: Hint | null = null;
  const hide = () => {
    shown?.remove();
    shown = null;
  };
  client.onHint((isHere) => {
    const field = document.activeElement;
    if (shown || !(field instanceof HTMLElement) || look() !== "field") return;
    shown = new Hint(field, isHere, hide);
    client.hinted();
  });
  client.onAnswered(hide);
  const on = (type: string, hear: (event: Event) => void) =>
    window.addEventListener(type, hear, { capture: true, passive: true, signal });
  on("focusout", hide);
  on("pagehide", hide);
  on("keydown", (event) => (event as KeyboardEvent).key === "Escape" && hide());
  on("scroll", () => shown?.place());
  on("resize", () => shown?.place());
  signal.addEventListener("abort", hide, { once: true });
}

const LIGHT = { paper: "#ffffff", ink: "#1d1e21", line: "#c9c6be" };
const DARK = { paper: "#26282d", ink: "#ecebe7", line: "#4a4e56" };

class Hint {
  readonly #host = document.createElement("div");
  readonly #field: HTMLElement;

  constructor(field: HTMLElement, isHere: boolean, dismiss: () => void) {
    this.#field = field;
    const { paper, ink, line } = matchMedia("(prefers-color-scheme: dark)").matches ? DARK : LIGHT;
    style(this.#host, {
      all: "initial",
      position: "fixed",
      inset: "auto",
      margin: "0",
      padding: "6px 6px 6px 12px",
      border: `1px solid ${line}`,
      "border-radius": "10px",
      background: paper,
      color: ink,
      "box-shadow": "0 2px 8px rgb(0 0 0 / 0.16)",
      font: "13px/1.5 system-ui, sans-serif",
      "box-sizing": "border-box",
      width: "max-content",
      "max-width": `calc(100vw - ${2 * GAP_PX}px)`,
      "z-index": "2147483647",
    });
    const region = document.createElement("span");
    region.setAttribute("role", "status");
    const row = document.createElement("div");
    style(row, { display: "flex", "align-items": "center", gap: "8px" });
    row.append(region, buttonThat(dismiss, ink));
    this.#host.attachShadow({ mode: "closed" }).append(row);
    this.#host.setAttribute("popover", "manual");
    document.documentElement.append(this.#host);
    // In the top layer, over a dialog that the field is in.
    this.#host.showPopover();
    setTimeout(() => {
      region.append(...wordsFor(isHere));
      this.place();
    }, READ_OUT_MS);
    this.place();
  }

  /** Under the field's far corner; over it where there is no room; else in the corner of the window. */
  place(): void {
    const field = this.#field.getBoundingClientRect();
    const { width, height } = this.#host.getBoundingClientRect();
    const left = Math.max(GAP_PX, Math.min(field.right, innerWidth - GAP_PX) - width);
    const under = field.bottom + GAP_PX;
    const over = field.top - GAP_PX - height;
    const corner = innerHeight - GAP_PX - height;
    const top = under <= corner ? under : over >= 0 ? over : corner;
    style(this.#host, { left: `${left}px`, top: `${Math.max(0, top)}px` });
  }

  remove(): void {
    this.#host.remove();
  }
}

/** `isHere`: the server is one of this machine, which a command starts. */
function wordsFor(isHere: boolean): (string | Node)[] {
  if (!isHere) return ["The Foretype server is unreachable."];
  const command = document.createElement("code");
  command.textContent = "foretype serve";
  style(command, { font: "12px ui-monospace, monospace", "white-space": "nowrap", "user-select": "all" });
  return ["The Foretype server is unreachable. Start it with: ", command];
}

/** Not in the order of Tab: the next stop is the page's own, and leaving the field takes the hint away. */
function buttonThat(dismiss: () => void, ink: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = -1;
  button.ariaLabel = "Dismiss";
  button.textContent = "×";
  style(button, {
    all: "unset",
    width: "24px",
    height: "24px",
    flex: "none",
    "border-radius": "6px",
    color: ink,
    font: "18px/24px system-ui, sans-serif",
    "text-align": "center",
    cursor: "pointer",
  });
  // The field keeps the focus.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", (event) => event.isTrusted && dismiss());
  return button;
}

/** By properties and with force: a page's rules may forbid style sheets, and its own styles are not for this. */
function style(element: HTMLElement, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) element.style.setProperty(name, value, "important");
}
