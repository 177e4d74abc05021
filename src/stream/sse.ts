/** One server-sent event: its `event:` name, if it had one, and its `data:` lines joined by newlines. */
export type SseEvent = { readonly event?: string; readonly data: string }
