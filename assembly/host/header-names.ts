// Names and values of headers that are read in requests and in answers.

import { bytesOf } from "../bytes/bytes";

export const CONTENT_LENGTH = bytesOf("content-length");
export const CONTENT_TYPE = bytesOf("content-type");
export const CONTENT_ENCODING = bytesOf("content-encoding");
export const IDENTITY = bytesOf("identity");
export const JSON_TYPE = bytesOf("application/json");
