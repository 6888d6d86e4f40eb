import { createApp, defineComponent, h, ref } from "vue";
import { expose, place } from "./page.ts";

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

createApp(Form).mount(place());
expose({ text: () => written.value });
