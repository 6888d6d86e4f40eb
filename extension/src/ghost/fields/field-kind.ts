/** The kinds of field that the server knows. */
export type KeystrokeKind = "text" | "search" | "email";

/** The purpose of a field. `text` has several lines, `line` has one. The server gets "text" for both, and for `code`. */
export type FieldKind = KeystrokeKind | "line" | "code";
