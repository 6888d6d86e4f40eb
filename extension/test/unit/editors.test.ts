import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { CODE_EDITORS, EDITORS, HIDDEN_INPUTS, SELF_OPTED_OUT } from "../../src/ghost/fields/editors/index.ts";

const FOLDER = new URL("../../src/ghost/fields/editors/", import.meta.url);

test("every editor's file is in the table", async () => {
  const files = readdirSync(FOLDER).filter((name) => !["editor.ts", "index.ts"].includes(name));
  const exported = await Promise.all(files.map((name) => import(`${FOLDER}${name}`)));
  const editors = exported.flatMap((module) => Object.values(module)).filter((value) => typeof value === "object");
  expect(new Set(editors)).toEqual(new Set(EDITORS));
});

test("the combined selectors come from the editors", () => {
  expect(CODE_EDITORS).toBe(".cm-content, .CodeMirror *, .monaco-editor *, .ace_editor *");
  expect(SELF_OPTED_OUT).toBe(".cm-content");
  expect(HIDDEN_INPUTS).toBe(".monaco-editor textarea");
});
