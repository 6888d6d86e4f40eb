import { ask, findServer, PairingError, type Trouble, whileConnected } from "./pairing.ts";

/** The words that the server has learnt from the user, and those that the user has added. docs/protocol.md describes the requests. */

export interface OwnWord {
  readonly text: string;
  /** In how many texts the user has typed it. */
  readonly seen: number;
  /** The user has added it. */
  readonly byHand: boolean;
}

export interface FoundWords {
  /** Whether the server learns at all: its administrator decides. */
  readonly learning: boolean;
  /** The number of words that the search finds. */
  readonly total: number;
  /** Some of them. */
  readonly words: readonly OwnWord[];
}

/** The reasons why a request about words has failed. */
export type WordsTrouble =
  | Trouble
  /** The server does not know these requests. */
  | "too_old"
  /** The server cannot use the word or the file. */
  | "unusable"
  | "too_large";

export class WordsError extends Error {
  readonly trouble: WordsTrouble;

  constructor(trouble: WordsTrouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

const PATH = "/v1/words";
/** No server returns more words at once. */
const MOST = 1000;

/**
 * Requests about the words of one user at one server. Each of them throws `WordsError`. The token is a header of each request, so the server
 * must first prove on a connection of its own that it knows the token. That connection stays open until the request is answered.
 */
export class OwnWords {
  readonly #origin: string;
  readonly #token: string;
  readonly #client: string;

  constructor(server: { readonly origin: string; readonly token: string }, client: string) {
    this.#origin = server.origin;
    this.#token = server.token;
    this.#client = client;
  }

  async find(search: string, limit: number, offset: number): Promise<FoundWords> {
    const query = new URLSearchParams({ search, limit: String(limit), offset: String(offset) });
    return readFound(await this.#request(`${PATH}?${query}`));
  }

  /** The server leaves out a text that it cannot use, and reports no error. */
  async add(text: string): Promise<void> {
    await this.#request(PATH, { method: "POST", body: JSON.stringify({ add: [text] }) });
    const { total, words } = await this.find(text, MOST, 0);
    if (total <= words.length && !words.some((word) => word.text === text)) throw new WordsError("unusable");
  }

  async remove(text: string): Promise<void> {
    await this.#request(PATH, { method: "POST", body: JSON.stringify({ remove: [text] }) });
  }

  /** All words, as the text of a JSON file. */
  async export(): Promise<string> {
    return this.#request(`${PATH}/export`);
  }

  /** Adds the words of an exported file. Returns how many words there are now. */
  async import(file: string): Promise<number> {
    return totalIn(membersOf(await this.#request(`${PATH}/import`, { method: "POST", body: file })));
  }

  async forgetAll(): Promise<void> {
    await this.#request(PATH, { method: "DELETE" });
  }

  /** The text of the answer. */
  async #request(path: string, request: RequestInit = {}): Promise<string> {
    try {
      await findServer(this.#origin);
      return await whileConnected(this.#origin, this.#token, this.#client, () => this.#send(path, request));
    } catch (error) {
      throw error instanceof PairingError ? new WordsError(error.trouble) : error;
    }
  }

  async #send(path: string, request: RequestInit): Promise<string> {
    const type = request.body === undefined ? {} : { "content-type": "application/json" };
    const headers = { ...type, authorization: `Bearer ${this.#token}` };
    const response = await ask(`${this.#origin}${path}`, { ...request, headers });
    const text = await response.text().catch(() => {
      throw new WordsError("unreachable");
    });
    if (!response.ok) throw new WordsError(troubleOf(response.status));
    return text;
  }
}

const TROUBLES: Readonly<Record<number, WordsTrouble>> = {
  400: "unusable",
  401: "unknown_token",
  403: "not_allowed",
  404: "too_old",
  405: "too_old",
  413: "too_large",
  429: "busy",
  503: "busy",
};

const troubleOf = (status: number): WordsTrouble => TROUBLES[status] ?? "server_failed";

function membersOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Another program has answered, as below.
  }
  throw new WordsError("not_foretype");
}

function totalIn({ total }: Record<string, unknown>): number {
  if (typeof total !== "number") throw new WordsError("not_foretype");
  return total;
}

function readFound(text: string): FoundWords {
  const members = membersOf(text);
  const words = Array.isArray(members.words) ? members.words.flatMap(readWord) : [];
  return { learning: members.learning !== false, total: totalIn(members), words };
}

function readWord(value: unknown): OwnWord[] {
  const { text, seen, by_hand } = (value ?? {}) as Record<string, unknown>;
  if (typeof text !== "string") return [];
  return [{ text, seen: typeof seen === "number" ? seen : 0, byHand: by_hand === true }];
}
