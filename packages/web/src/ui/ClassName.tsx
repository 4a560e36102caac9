/** A class by the name that its issuer chose, in the direction in which that is read, else by its number. */
export function ClassName({ classId, name }: { classId: bigint; name: string | null }) {
  return <bdi>{name ?? `Class ${classId}`}</bdi>;
}
