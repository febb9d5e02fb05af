import type { InjectionKey } from "vue";

/** Where dialogs are put, when that is not the page's body: a page of somebody else's has its own styles there. */
export const OVERLAY: InjectionKey<HTMLElement> = Symbol("overlay");
