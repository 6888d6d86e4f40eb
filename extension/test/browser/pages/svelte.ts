import { mount } from "svelte";
import Form from "./form.svelte";
import { expose, place } from "./page.ts";

let written = "";
mount(Form, { target: place(), props: { heard: (text: string) => (written = text) } });
expose({ text: () => written });
