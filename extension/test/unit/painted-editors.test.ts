import { expect, test } from "vitest";
import { paintedEditorAt } from "../../src/painted-editors.ts";

test.each([
  ["https://docs.google.com/document/d/1abc/edit?tab=t.0", "google_docs"],
  ["https://docs.google.com/a/example.org/document/d/1abc/edit", "google_docs"],
  ["https://docs.google.com/document/u/0/", "google_docs"],
  ["https://docs.google.com/forms/d/1abc/edit", null],
  ["https://docs.google.com.example.org/document/d/1abc/edit", null],
  ["https://example.org/document/", null],
  ["https://word.cloud.microsoft/open/onedrive/", "word"],
  ["https://word-edit.officeapps.live.com/we/wordeditorframe.aspx", "word"],
  ["https://firm.sharepoint.com/sites/a/_layouts/15/Doc.aspx?sourcedoc=%7B1%7D&file=Plan.docx&action=edit", "word"],
  ["https://firm.sharepoint.com/:w:/r/sites/a/Plan.docx", "word"],
  ["https://firm.sharepoint.com/sites/a/_layouts/15/Doc.aspx?file=Sums.xlsx", null],
  ["https://firm.sharepoint.com/sites/a", null],
  ["https://onedrive.live.com/edit?id=1&file=Plan.docx", "word"],
  ["about:blank", null],
  [undefined, null],
])("the editor at %s is %s", (address, editor) => {
  expect(paintedEditorAt(address)).toBe(editor);
});
