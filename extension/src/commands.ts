/** The commands that the extension's sentences name as `$1` or `$2`, each in one place. */

/** Starts the server, as README.md says. The browser cannot tell whether Foretype was installed in another way. */
export const START_SERVER = "make serve";
