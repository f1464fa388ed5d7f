/** What the rules read of a `LabelSelector`. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** True when the selector asks for nothing, and so picks every pod of its namespace. */
export function selectsAll(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

/**
 * True when the labels are among those that the selector picks.
 *
 * @throws RangeError for an operator that Kubernetes does not have.
 */
export function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In": return value !== undefined && values.includes(value);
        case "NotIn": return value === undefined || !values.includes(value);
        case "Exists": return value !== undefined;
        case "DoesNotExist": return value === undefined;
        default: throw new RangeError(`'${operator}' is no operator of a label selector; use In, NotIn, Exists or DoesNotExist.`);
      }
    });
}
