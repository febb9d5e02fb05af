import { BeanModel } from "redbean-node/dist/bean-model.js";
import type { User } from "../../domain/entities.ts";

/** A row of Dockge's `user`. Only `declare`: a real class field would become a column that does not exist. */
export class UserModel extends BeanModel {
    declare id: number;
    declare username: string;
    declare password: string | null;
    declare active: boolean | 0 | 1;
    declare timezone: string | null;

    toEntity(): User {
        return { id: this.id, username: this.username, passwordHash: this.password ?? "", isActive: Boolean(this.active), timezone: this.timezone };
    }
}
