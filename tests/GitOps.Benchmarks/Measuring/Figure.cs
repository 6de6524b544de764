using System.Globalization;

namespace GitOps.Benchmarks.Measuring;

/// <summary>One line of the table: a median, and the median of its floor.</summary>
/// <param name="Benchmark">Its name.</param>
/// <param name="Case">What was done, and to how much.</param>
/// <param name="Unit">Of both values: <c>ms</c>, <c>ms cpu</c>, <c>KiB</c> or a plain count.</param>
/// <param name="Floor">What the same takes without us; null where there is no such thing.</param>
/// <param name="Against">What the floor is.</param>
/// <param name="Runs">How many values the medians are of.</param>
internal sealed record Figure(string Benchmark, string Case, string Unit, double Measured, double? Floor, string Against, int Runs)
{
    /// <summary>Null without a floor, or where it is nothing.</summary>
    public double? Ratio => Floor is > 0 ? Measured / Floor : null;

    public static string Say(double value) =>
        value.ToString(value is >= 100 or 0 or <= -100 ? "N0" : "0.##", CultureInfo.InvariantCulture);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Case}: {Say(Measured)} {Unit}{(Floor is { } floor ? $", {Against} {Say(floor)}" : "")}{(Ratio is { } ratio ? $", ratio {ratio:0.00}" : "")} (median of {Runs})");
}
