/** The version that every answer names. */
export const version = "1";
