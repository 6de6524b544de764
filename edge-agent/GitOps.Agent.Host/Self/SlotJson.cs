using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Agent.Self;
using GitOps.Bundles;

namespace GitOps.Agent.Host.Self;

/// <summary>
/// The record of the slots as a document (docs/contracts.md §14). Read by agents older and newer than the one that wrote it:
/// members it does not know are skipped.
/// </summary>
internal static class SlotJson
{
    public static byte[] Write(SlotState state) => JsonSerializer.SerializeToUtf8Bytes(new SlotDocument
    {
        Format = 1,
        Good = ToRow(state.Good),
        Trial = state.Trial is { } trial
            ? new TrialRow(ToRow(trial.Slot)!, trial.Starts, (long)trial.Limit.TotalMilliseconds, trial.MustReach)
            : null,
        Failure = state.Failure is { } failure
            ? new FailureRow(failure.Version, failure.Executable.ToString(), failure.Why.Code, failure.Why.What, failure.Why.Fix, failure.IsUnreached)
            : null,
        Installed = state.Installed,
    }, SlotContext.Default.SlotDocument);

    /// <summary>Null when the bytes are no record of a format this release reads.</summary>
    public static SlotState? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, SlotContext.Default.SlotDocument) is { Format: 1 } document
                ? new SlotState
                {
                    Good = FromRow(document.Good),
                    Trial = document.Trial is { } trial
                        ? new SlotTrial(FromRow(trial.Slot)!, trial.Starts, TimeSpan.FromMilliseconds(trial.LimitMs), trial.MustReach)
                        : null,
                    Failure = document.Failure is { } failure
                        ? new AgentFailure(failure.Version, Digest.Parse(failure.Executable), new Problem(failure.Code, failure.What, failure.Fix), failure.IsUnreached)
                        : null,
                    Installed = document.Installed,
                }
                : null;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    private static SlotRow? ToRow(Slot? slot) => slot is null ? null : new SlotRow(slot.Number, slot.Version, slot.Executable.ToString());

    private static Slot? FromRow(SlotRow? row) => row is null ? null
        : row.Number is 0 or 1 ? new Slot(row.Number, row.Version, Digest.Parse(row.Executable))
        : throw new FormatException($"there is no slot {row.Number}");
}

internal sealed record SlotRow(int Number, string Version, string Executable);

internal sealed record TrialRow(SlotRow Slot, int Starts, long LimitMs, bool MustReach);

internal sealed record FailureRow(string Version, string Executable, string Code, string What, string Fix, bool IsUnreached);

internal sealed record SlotDocument
{
    public required int Format { get; init; }

    public SlotRow? Good { get; init; }

    public TrialRow? Trial { get; init; }

    public FailureRow? Failure { get; init; }

    public string? Installed { get; init; }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SlotDocument))]
internal sealed partial class SlotContext : JsonSerializerContext;
