import { createApp, defineComponent, h, ref } from "vue";
import { container, expose } from "./editor-page.ts";

const written = ref("");

const Form = defineComponent({
  setup: () => () =>
    h("textarea", {
      id: "field",
      rows: 4,
      cols: 70,
      value: written.value,
      onInput(event: Event) {
        written.value = (event.target as HTMLTextAreaElement).value;
      },
    }),
});

createApp(Form).mount(container());
expose({ text: () => written.value });
