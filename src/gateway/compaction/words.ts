/** What asks a model for the summary that will stand for the conversation. */
export const ASK_FOR_SUMMARY = `Pause the task here and write a summary of this conversation. The summary will take the place of everything above: \
whoever carries on, most likely you, will read it and nothing else. Call no tools and do not continue the task.

Write it so that the work goes on without a question asked twice or a step done twice. Cover, as far as there is \
something to say:

1. The goal: what the user wants, with every requirement, limit and preference they stated, in their own words where the \
wording matters.
2. The state: what is finished and how it was checked, what is half done, what is untouched.
3. What was learned: facts, causes, decisions with their reasons, and what was tried and did not work.
4. The particulars: paths of files and what was changed in them, names, commands and what came of them, errors as they were \
printed, addresses, ids, numbers. Quote short pieces of code or output where a paraphrase would lose something.
5. What is next: the very next step, then the ones after it, and questions that are still open.

Keep to what the conversation holds, and mark what is uncertain as uncertain. If an earlier summary stands above, carry over \
all of it that still matters. Leave out courtesies, and whatever is settled and of no further use. Never repeat passwords, \
keys or tokens; say where they are kept. Answer with the summary alone, in the language of the conversation.`

/** A summary as the model that goes on reads it. */
export function tellSummary(summary: string): string {
  return `The conversation up to this point was replaced by a summary to save space. It tells what was asked, done and \
found out; continue from it, and do not repeat what it says is done.

<summary>
${summary}
</summary>`
}
