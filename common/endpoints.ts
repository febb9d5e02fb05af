/** Dockge's endpoint for "every agent"; here it is this server as well. */
export const ALL_ENDPOINTS = "##ALL_DOCKGE_ENDPOINTS##";
