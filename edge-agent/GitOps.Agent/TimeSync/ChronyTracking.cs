using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.TimeSync;

/// <summary>What <c>chronyc -c tracking</c> says: 14 fields, <c>chronyc(1)</c>. Seconds, and parts per million.</summary>
public sealed record ChronyTracking(
    string ReferenceId,
    string Name,
    int Stratum,
    decimal ReferenceTime,
    decimal SystemTime,
    decimal LastOffset,
    decimal RmsOffset,
    decimal Frequency,
    decimal ResidualFrequency,
    decimal Skew,
    decimal RootDelay,
    decimal RootDispersion,
    decimal UpdateInterval,
    string LeapStatus)
{
    private const int Fields = 14;
    private const string LocalReference = "7F7F0101";

    /// <summary>False while no source is selected, and when the clock follows nothing but itself.</summary>
    public bool IsSynchronised => LeapStatus != "Not synchronised" && ReferenceId is not ("00000000" or LocalReference) && Stratum is > 0 and < 16;

    /// <summary>It serves its own clock, for want of any other.</summary>
    public bool IsOrphan => LeapStatus != "Not synchronised" && ReferenceId == LocalReference && Stratum == ClockSpec.OrphanStratum;

    /// <summary>Null while not synchronised. <see cref="SystemTime"/> is what is still to be added to the clock.</summary>
    /// <param name="mayBeOrphan">Its own clock counts as well, for want of any other.</param>
    public ClockMeasure? ToMeasure(bool mayBeOrphan = false) => IsSynchronised || (mayBeOrphan && IsOrphan)
        ? new ClockMeasure(-SystemTime, Math.Abs(SystemTime) + (RootDelay / 2) + RootDispersion, Stratum, Name.Length > 0 ? Name : ReferenceId)
        : null;

    /// <summary>Null when the text is not one line of 14 fields.</summary>
    public static ChronyTracking? TryParse(string text)
    {
        var fields = text.TrimEnd('\n').Split(',');
        if (fields.Length != Fields || text.TrimEnd('\n').Contains('\n', StringComparison.Ordinal) ||
            !int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var stratum))
        {
            return null;
        }

        var numbers = new decimal[10];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!decimal.TryParse(fields[i + 3], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return null;
            }
        }

        return new ChronyTracking(
            fields[0], fields[1], stratum, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7],
            numbers[8], numbers[9], fields[13]);
    }

    /// <summary>The sources of <c>chronyc -c -N sources -a</c>, as they were configured (third field).</summary>
    public static EquatableArray<string> ParseSources(string text) => text
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(','))
        .Where(fields => fields.Length >= 3)
        .Select(fields => fields[2])
        .ToEquatableArray();
}
