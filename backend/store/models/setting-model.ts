import { BeanModel } from "redbean-node/dist/bean-model.js";

/** A row of Dockge's `setting`. */
export class SettingModel extends BeanModel {
    declare id: number;
    declare key: string;
    /** JSON, or raw text as in `jwtSecret`. */
    declare value: string | null;
    declare type: string | null;
}
