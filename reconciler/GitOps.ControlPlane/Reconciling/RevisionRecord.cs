using System.Text.Json.Serialization;
using GitOps.Bundles;
using GitOps.Manifests;

namespace GitOps.ControlPlane.Reconciling;

public enum RevisionOutcome
{
    /// <summary>Seen, and not judged yet.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending,

    /// <summary>Accepted: it is rolled out, or was.</summary>
    [JsonStringEnumMemberName("published")]
    Published,

    /// <summary>It has errors; nothing of it is published.</summary>
    [JsonStringEnumMemberName("rejected")]
    Rejected,

    /// <summary>It has no errors and a guard keeps it back; nothing of it is published.</summary>
    [JsonStringEnumMemberName("held")]
    Held,
}

/// <summary>Why a guard keeps a revision back. The id names what has to be confirmed, or the revision.</summary>
public sealed record RevisionHold(string Id, Problem Problem);

/// <summary>A finding as it is kept and sent, with the text of its code left out.</summary>
public sealed record FindingRecord(string Code, string Severity, string File, int Line, int Column, string What, string Fix)
{
    public static FindingRecord Of(Finding finding) => new(
        finding.Code.Id, finding.Severity.Word, finding.Span.File, finding.Span.Line,
        finding.Span.Column, finding.What, finding.Fix);

    /// <summary>Two lines for people, as <see cref="Finding.ToText"/> writes them.</summary>
    public string ToText() => FormattableString.Invariant($"{File}:{Line}:{Column}: {Severity} {Code}: {What}\n  fix: {Fix}");
}

/// <summary>A revision that was seen and what became of it.</summary>
public sealed record RevisionRecord
{
    /// <summary>The full commit id.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset SeenAt { get; init; }

    public required RevisionOutcome Outcome { get; init; }

    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>Where the outcome is <see cref="RevisionOutcome.Held"/>.</summary>
    public RevisionHold? Hold { get; init; }

    /// <summary>Errors where it is rejected, else warnings.</summary>
    public EquatableArray<FindingRecord> Findings { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FindingRecord[]))]
[JsonSerializable(typeof(RevisionHold))]
[JsonSerializable(typeof(PublishedGuards))]
internal sealed partial class BookJson : JsonSerializerContext;
