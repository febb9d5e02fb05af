/// <reference types="vite/client" />

// Only where the .vue file itself cannot be resolved (typescript-eslint); vue-tsc resolves the real component first.
declare module "*.vue" {
    import type { DefineComponent } from "vue";
    const component: DefineComponent;
    export default component;
}
