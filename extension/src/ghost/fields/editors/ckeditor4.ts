import { byCommand } from "../write.ts";
import type { Editor } from "./editor.ts";

interface CkEditor {
  readonly instances?: Readonly<Record<string, Instance>>;
}

interface Instance {
  editable(): { readonly $: HTMLElement } | undefined;
  fire(event: string): void;
  readonly undoManager?: {
    readonly editingHandler: { ignoreInputEventListener(): void; activateInputEventListener(): void };
  };
}

/** CKEditor 4. The user writes in a frame, or in an element of the page; the editor's object is in the page. */
export const ckEditor4: Editor = {
  name: "CKEditor 4",
  selector: ".cke_editable",
  write: byCommand,

  /**
   * CKEditor 4 counts the changes of each key that is pressed. A change without a key would be counted at every later key, and a Ctrl-Z would
   * then delete what can be redone. So it ignores this change, as it does when it pastes.
   */
  endUndoStep(element, moment) {
    const instance = instanceOf(element);
    const handler = instance?.undoManager?.editingHandler;
    instance?.fire("saveSnapshot");
    if (moment === "before") handler?.ignoreInputEventListener();
    else handler?.activateInputEventListener();
  },
};

function instanceOf(element: HTMLElement): Instance | undefined {
  const owners = [window, window.parent] as { CKEDITOR?: CkEditor }[];
  return owners
    .flatMap(({ CKEDITOR }) => Object.values(CKEDITOR?.instances ?? {}))
    .find((one) => one.editable()?.$ === element);
}
