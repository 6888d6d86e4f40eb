import { waitBefore } from "./backoff.ts";
import { type ClientFrame, readFrame, type ServerFrame, SUBPROTOCOL, UNAUTHORIZED, type Welcome } from "./frames.ts";

/** The closed set of what a connection can be. */
export type State =
  | "closed" // nobody needs it
  | "connecting" // the first try, or one after a server was there
  | "ready" // welcomed
  | "lost" // no server answers; it is tried again by itself
  | "refused"; // the server is there and does not know the token; trying again is no use

export interface Server {
  readonly socketUrl: string;
  readonly token: string;
}

export interface Listener {
  state(state: State): void;
  welcome(welcome: Welcome): void;
  frame(frame: ServerFrame): void;
}

/** What it needs of the world, so that a test can stand in for it. */
export interface World {
  open(url: string, protocol: string): WebSocket;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  random(): number;
}

const BROWSER: World = {
  open: (url, protocol) => new WebSocket(url, protocol),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as number),
  random: Math.random,
};

/** A server that took the connection but says nothing is as good as none. */
const WELCOME_WITHIN_MS = 5000;

/** One WebSocket to one server: says hello, reads frames, and comes back by itself with growing, uneven waits. */
export class Connection {
  readonly #server: Server;
  readonly #client: string;
  readonly #listener: Listener;
  readonly #world: World;
  #state: State = "closed";
  #socket: WebSocket | null = null;
  #timer: unknown;
  #attempt = 0;

  constructor(server: Server, client: string, listener: Listener, world: World = BROWSER) {
    this.#server = server;
    this.#client = client;
    this.#listener = listener;
    this.#world = world;
  }

  get state(): State {
    return this.#state;
  }

  /** Opens it where it is closed; otherwise it is open or on its way. */
  open(): void {
    if (this.#state === "closed") this.#connect();
  }

  close(): void {
    this.#world.clearTimeout(this.#timer);
    this.#forgetSocket();
    this.#become("closed");
  }

  /** False where it can't be sent now. */
  send(frame: ClientFrame): boolean {
    if (this.#state !== "ready" || this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** It looks open, and nothing comes: it is given up and made anew. */
  doubt(): void {
    if (this.#state === "ready") this.#lose(0);
  }

  #connect(): void {
    if (this.#state !== "lost") this.#become("connecting");
    const socket = this.#world.open(this.#server.socketUrl, SUBPROTOCOL);
    this.#socket = socket;
    // A socket that has been given up still calls; only the newest is listened to.
    const current = () => this.#socket === socket;
    socket.onopen = () => {
      if (current()) socket.send(JSON.stringify({ type: "hello", token: this.#server.token, client: this.#client }));
    };
    socket.onmessage = ({ data }) => {
      if (current()) this.#receive(readFrame(data));
    };
    socket.onclose = ({ code }) => {
      if (current()) this.#lose(code);
    };
    this.#timer = this.#world.setTimeout(() => this.#lose(0), WELCOME_WITHIN_MS);
  }

  #receive(frame: ServerFrame | null): void {
    if (frame?.type === "welcome") {
      this.#world.clearTimeout(this.#timer);
      this.#attempt = 0;
      this.#become("ready");
      this.#listener.welcome(frame);
    } else if (frame) this.#listener.frame(frame);
  }

  #lose(code: number): void {
    this.#world.clearTimeout(this.#timer);
    this.#forgetSocket();
    if (code === UNAUTHORIZED) return this.#become("refused");
    this.#become("lost");
    this.#timer = this.#world.setTimeout(() => this.#connect(), waitBefore(this.#attempt, this.#world.random()));
    this.#attempt += 1;
  }

  #forgetSocket(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #become(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#listener.state(state);
  }
}
