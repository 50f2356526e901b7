export { publicImageId, publicImages } from "./public-image.ts";
