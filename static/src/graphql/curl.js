// The same request on a command line. A token takes the place of the session.

import { body } from "./running.js";

const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

export function curl(operation) {
  return [
    `curl ${quoted(`${location.origin}/graphql`)}`,
    "-H 'Content-Type: application/json'",
    '-H "Authorization: Bearer $INSIGHTS_TOKEN"',
    `-d ${quoted(body(operation))}`,
  ].join(" \\\n  ");
}
