/**
 * The ways in which a page may learn the text of a suggestion: everything that reads, finds, selects or measures text. Each function runs
 * in the page while the suggestion `REST` is drawn, and returns what the page has learned beyond what was typed. All are synchronous or
 * wait for frames only, because ghost text goes when the page disturbs it.
 */

export const TYPED = "Thanks for the qui";
export const REST = "ck response, and secretly yours";
export const SENTENCE = TYPED + REST;

/** The page has no text but the field's. Its font has a name, so the page can declare a font of that name. */
export const PAGE = `<style>body { margin: 0; height: 3000px } #field { width: 600px; padding: 0; border: 0; font: 20px/1.5 "DejaVu Sans" }</style>
<textarea id="field" rows="4"></textarea>`;

type Way = () => string | Promise<string>;

export const WAYS: Readonly<Record<string, Way>> = {
  "searches for each letter": () => {
    let found = "";
    for (const letter of "abcdefghijklmnopqrstuvwxyz") {
      getSelection()?.removeAllRanges();
      if ("thanksforthequi".includes(letter)) continue;
      if ((window as unknown as { find(...of: unknown[]): boolean }).find(letter, false, false, true)) found += letter;
    }
    return found;
  },

  "searches for a word, with all options": () => {
    let found = 0;
    for (let options = 0; options < 32; options++) {
      getSelection()?.removeAllRanges();
      const flags = [1, 2, 4, 8, 16].map((bit) => (options & bit) > 0);
      found += Number((window as unknown as { find(...of: unknown[]): boolean }).find("secretly", ...flags));
    }
    return found === 0 ? "" : `found ${found} times`;
  },

  "searches with an editing command": () => {
    getSelection()?.removeAllRanges();
    return document.execCommand("FindString", false, "secretly") ? "found" : "";
  },

  "goes to a text fragment": async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const placeOf = async (word: string) => {
      window.scrollTo(0, 7);
      await frame();
      location.hash = `:~:text=${word}`;
      for (let frames = 0; frames < 5; frames++) await frame();
      return window.scrollY;
    };
    // A browser may search for only one text without another action of the user.
    const place = await placeOf("secretly");
    const absent = await placeOf("zebra");
    return place === absent ? "" : `scrolled to ${place}, not to ${absent}`;
  },

  "declares a font for each letter after the drawing": async () => {
    const faces = [..."abcdefghijklmnopqrstuvwxyz"]
      .filter((letter) => !"thanksforthequi".includes(letter))
      .map((letter) => {
        const range = { unicodeRange: `U+${letter.charCodeAt(0).toString(16)}` };
        const face = new FontFace("DejaVu Sans", `url(/no-font-${letter})`, range);
        document.fonts.add(face);
        return { letter, face };
      });
    document.documentElement.getBoundingClientRect();
    const loaded = () => faces.filter(({ face }) => face.status !== "unloaded").map(({ letter }) => letter);
    const atOnce = loaded();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return [...new Set([...atOnce, ...loaded()])].join("");
  },

  "selects everything": () => {
    (document.activeElement as HTMLElement).blur();
    const selection = getSelection() as Selection;
    const taken: string[] = [];
    const take = () => taken.push(selection.toString());
    for (const mode of ["off", "on"]) {
      document.designMode = mode;
      document.execCommand("selectAll");
      take();
      selection.selectAllChildren(document.documentElement);
      take();
      selection.collapse(document.body, 0);
      selection.modify("extend", "forward", "documentboundary");
      take();
    }
    document.designMode = "off";
    return taken.filter((text) => /secretly/.test(text)).join();
  },

  "asks for the text at each point": () => {
    const learned = new Set<string>();
    const host = document.documentElement.lastElementChild as Element;
    const field = document.querySelector("#field") as Element;
    const { left, right, top, bottom } = field.getBoundingClientRect();
    const keep = (node: Node | null | undefined) => {
      if (node && !field.contains(node) && node !== document.documentElement && node !== document.body)
        learned.add(node.nodeName);
    };
    for (let x = left + 1; x < right; x += 8) {
      for (let y = top + 1; y < bottom; y += 8) {
        if (document.elementsFromPoint(x, y).includes(host)) learned.add("the host");
        keep(document.caretPositionFromPoint?.(x, y)?.offsetNode);
        keep(document.caretRangeFromPoint?.(x, y)?.startContainer);
      }
    }
    return [...learned].join();
  },

  "reads the text and the markup of the document": () => {
    const host = document.documentElement.lastElementChild as HTMLElement;
    const copy = host.cloneNode(true) as HTMLElement;
    const root = document.documentElement as HTMLElement & { getHTML?(options: object): string };
    return [
      // biome-ignore lint/performance/useDomNodeTextContent: the page reads everything that it can
      root.innerText,
      root.textContent,
      host.outerText,
      host.outerHTML,
      new XMLSerializer().serializeToString(host),
      root.getHTML?.({ serializableShadowRoots: true }),
      copy.outerHTML,
      copy.shadowRoot?.innerHTML,
      host.ariaLabel,
      ...["::before", "::after", "::marker"].map((part) => getComputedStyle(host, part).content),
      document.evaluate("string(/)", document, null, XPathResult.STRING_TYPE).stringValue,
    ]
      .filter((text) => text && /secretly|response/.test(text))
      .join();
  },

  "measures the boxes of the host and of its text": () => {
    const host = document.documentElement.lastElementChild as HTMLElement;
    const ruler = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
    ruler.font = '20px "DejaVu Sans"';
    const caret = ruler.measureText("Thanks for the qui").width;
    const range = document.createRange();
    range.selectNode(host);
    const boxes = [...range.getClientRects(), ...host.getClientRects()].filter(({ right }) => right > caret + 2);
    const sizes = [host.offsetWidth, host.offsetHeight, host.clientWidth].filter((size) => size > 0);
    return [...boxes.map(({ left, right }) => `${left}–${right}`), ...sizes].join();
  },

  "changes the field's text and watches whether ghost text stays": async () => {
    const field = document.querySelector("#field") as HTMLTextAreaElement;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const state = () => {
      const host = document.querySelector(":root > [popover]");
      const range = document.createRange();
      if (host) range.selectNode(host);
      const boxes = [...range.getClientRects()].map(({ right, top }) => [right, top].map(Math.round));
      return JSON.stringify([host?.matches(":popover-open"), host?.scrollWidth, boxes]);
    };
    const seen: Record<string, string> = {};
    const { value } = field;
    const set = async (text: string) => {
      field.value = text;
      window.dispatchEvent(new Event("resize"));
      for (let frames = 0; frames < 3; frames++) await frame();
    };
    for (const letter of "zcy") {
      await set(value + letter);
      seen[letter] = state();
      await set(value);
    }
    return new Set(Object.values(seen)).size === 1 ? "" : JSON.stringify(seen);
  },

  "observes layout shifts": async () => {
    const found: string[] = [];
    const host = document.documentElement.lastElementChild;
    const observer = new PerformanceObserver(() => {});
    observer.observe({ type: "layout-shift", buffered: true });
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    for (const entry of observer.takeRecords()) {
      const { sources = [] } = entry as PerformanceEntry & {
        sources?: { node: Node | null; currentRect: DOMRectReadOnly }[];
      };
      for (const { node, currentRect } of sources) {
        if (node === null || node === host) found.push(`${currentRect.width}`);
      }
    }
    return found.join();
  },
};

/** Ghost text under the line, because other text follows the caret. */
export const FOLLOWED = { before: "See you ", after: " at nine.", typed: "o" } as const;

/** How far the content of the host reaches. The page knows the size of its window already. */
export const reachOfHost = (): string => {
  const host = document.documentElement.lastElementChild as HTMLElement;
  const isLarger = host.scrollWidth > window.innerWidth || host.scrollHeight > window.innerHeight;
  return isLarger ? "larger than the window" : `${host.scrollWidth} × ${host.scrollHeight}`;
};
