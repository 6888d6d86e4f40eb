/** Names and `autocomplete` values by which a field says that it holds a secret. */

/** Each alternative is a whole word: `pin` is one in `userPin`, but not in `shipping`. */
const SECRET_NAMES =
  /(^| )(otp|totp|mfa|2fa|one time code|verification code|security code|cvv2?|cvc2?|csc|pin|ssn|social security|iban|card ?number|cc ?(num|number|exp|csc|name)|passwords?|passwd|pwd|passcode|passphrase|secret|token|api ?key|private key|(seed|recovery|secret) phrase)( |$)/;

/** Every secret name contains one of these. A name without them needs no further check. */
const MAY_BE_SECRET =
  /otp|mfa|2fa|code|cvv|cvc|csc|pin|ssn|security|iban|card|cc|pass|pwd|secret|token|api|private|phrase/;

const SECRET_AUTOCOMPLETE = /^(cc-.*|one-time-code|current-password|new-password)$/;

export function isSecretByName(...names: (string | null | undefined)[]): boolean {
  return names.some(
    (name) => name != null && MAY_BE_SECRET.test(name.toLowerCase()) && SECRET_NAMES.test(asWords(name)),
  );
}

export function isSecretByAutocomplete(autocomplete: string | null): boolean {
  return (autocomplete ?? "")
    .toLowerCase()
    .split(/\s+/)
    .some((token) => SECRET_AUTOCOMPLETE.test(token));
}

function asWords(name: string): string {
  return name
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .toLowerCase();
}
