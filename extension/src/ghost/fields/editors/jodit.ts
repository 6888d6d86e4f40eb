import type { Editor } from "./editor.ts";

type JoditElement = Element & {
  readonly component?: { readonly history?: { updateStack(): void } };
};

/** Jodit. The page's element leads to the editor by `component`. The editor is before it, or is that element itself. */
export const jodit: Editor = {
  name: "Jodit",
  selector: ".jodit-wysiwyg",

  /** Jodit stores the text some time after a change. */
  endUndoStep(element) {
    const around: JoditElement | null = element.closest(".jodit-container");
    const beside: JoditElement | null | undefined = around?.nextElementSibling;
    const { history } = beside?.component ?? around?.component ?? {};
    history?.updateStack();
  },
};
