/** What marks everything that belongs to one request. */
export const TAG = /tag-[0-9a-f]{12}/
