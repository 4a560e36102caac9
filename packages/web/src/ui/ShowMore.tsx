/** The button below a list that goes on. */
export function ShowMore({ more }: { more: (() => void) | undefined }) {
  if (more === undefined) return null;
  return (
    <div className="row center">
      <button className="button" type="button" onClick={more}>
        Show more
      </button>
    </div>
  );
}
