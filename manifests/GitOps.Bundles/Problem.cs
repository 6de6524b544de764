using System.Text.Json.Serialization;

namespace GitOps.Bundles;

/// <summary>A stable code, listed in <c>docs/errors.md</c>: what it stands for and, at more length, why it comes up and what helps.</summary>
public sealed record ErrorCode(string Id, string Summary, string Explanation);

/// <summary>Something that went wrong in the world: its code, what happened (expected and actual), what to do.</summary>
[method: JsonConstructor]
public sealed record Problem(string Code, string What, string Fix)
{
    public Problem(ErrorCode Code, string What, string Fix)
        : this(Code.Id, What, Fix)
    {
    }

    public override string ToString() => $"{Code}: {What}\n  fix: {Fix}";
}
