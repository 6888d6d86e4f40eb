import { expect, test } from "vitest";
import { isAutofilled } from "../../src/ghost/privacy/autofill.ts";
import { isSecretByAutocomplete, isSecretByName } from "../../src/ghost/privacy/secret-names.ts";

test.each([
  "otp",
  "userPin",
  "card_cvc",
  "CVV",
  "ssn",
  "social-security",
  "loginPassword",
  "cardNumber",
  "cc-number",
  "api_key",
  "one time code",
  "2fa",
])("a field with the name %j is private", (name) => {
  expect(isSecretByName(name)).toBe(true);
});

test.each([
  "shipping",
  "opinion",
  "spinner",
  "message",
  "subject",
  "tokenise",
  "passage",
  "capital",
  null,
  undefined,
  "",
])("a field with the name %j is not private", (name) => {
  expect(isSecretByName(name)).toBe(false);
});

test.each(["cc-number", "cc-csc", "one-time-code", "current-password", "new-password", "section-a shipping cc-name"])(
  "autocomplete=%j is private",
  (value) => {
    expect(isSecretByAutocomplete(value)).toBe(true);
  },
);

test.each(["on", "off", "name", "street-address", null])("autocomplete=%j is not private", (value) => {
  expect(isSecretByAutocomplete(value)).toBe(false);
});

test.each(["name", "shipping street-address", "section-a home tel-national", "email", "bday-year", "address-level2"])(
  "the browser fills in autocomplete=%j",
  (value) => {
    expect(isAutofilled(value)).toBe(true);
  },
);

test.each(["on", "off", "nope", "new-search", "filename", "", null])(
  "the browser does not fill in autocomplete=%j",
  (value) => {
    expect(isAutofilled(value)).toBe(false);
  },
);
