import type { Scope } from "../../kernel/scope.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** An instant as CodeCommit's events write it: Wed Nov 06 19:02:14 UTC 2019. */
export function javaDate(at: number): string {
  const date = new Date(at);
  const time = date.toISOString().slice(11, 19);
  const day = String(date.getUTCDate()).padStart(2, "0");
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${time} UTC ${date.getUTCFullYear()}`;
}

/** What an event says to people, with where they can look. */
export function notification(
  scope: Scope,
  what: string,
  repositoryName: string,
  { sentence, page }: { sentence: string; page: string },
): string {
  const console = `https://${scope.region}.console.aws.amazon.com/codesuite/codecommit/repositories/${repositoryName}`;
  const where = `${console}/${page}?region=${scope.region}`;
  return `${what} occurred in the following AWS CodeCommit repository: ${repositoryName}. ${sentence}. For more information, go to the AWS CodeCommit console ${where}`;
}
