import { mount } from "svelte";
import { container, expose } from "./editor-page.ts";
import Form from "./form.svelte";

let written = "";
mount(Form, { target: container(), props: { heard: (text: string) => (written = text) } });
expose({ text: () => written });
