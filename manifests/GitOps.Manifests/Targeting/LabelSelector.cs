using GitOps.Bundles;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Targeting;

public enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// <summary>One expression over a label. <paramref name="Values"/> is empty for Exists and DoesNotExist.</summary>
public sealed record LabelRequirement(string Key, LabelOperator Operator, EquatableArray<string> Values)
{
    public bool Matches(NodeLabels labels)
    {
        var value = labels.Find(Key);
        return Operator switch
        {
            LabelOperator.In => value is not null && Values.Contains(value),
            LabelOperator.NotIn => value is null || !Values.Contains(value),
            LabelOperator.Exists => value is not null,
            _ => value is null,
        };
    }
}

/// <summary>
/// A Kubernetes label selector: every label and every expression must hold. As in Kubernetes, <c>NotIn</c> also holds
/// where the label is absent.
/// </summary>
public sealed record LabelSelector(EquatableArray<LabelPair> MatchLabels,
    EquatableArray<LabelRequirement> MatchExpressions)
{
    public bool Matches(NodeLabels labels)
    {
        foreach (var (key, value) in MatchLabels)
        {
            if (!string.Equals(labels.Find(key), value, StringComparison.Ordinal))
            {
                return false;
            }
        }

        foreach (var requirement in MatchExpressions)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }
}
