using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using GitOps.TestKit;
using Spectre.Console;

namespace GitOps.Cli.Tests;

public sealed class ValuesViewTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);

    private static readonly ValuePage Page = new("oven-1", "temperature",
    [
        new(At, "press-1") { Value = "70.5", Min = "70", Max = "71", Mean = "70.25", Count = 60, IntervalMs = 60_000 },
        new(At.AddMinutes(1), "press-1") { Value = "91", Min = "70.5", Max = "91", Mean = "80.5", Count = 60, IntervalMs = 60_000 },
        new(At.AddSeconds(90), "press-1") { Quality = "stale" },
        new(At.AddMinutes(9), "press-1") { Lost = 12 },
        new(At.AddMinutes(10), "press-2") { Value = "a \"text\", quoted" },
        new(At.AddMinutes(11), "press-2") { Value = "72" },
    ])
    { Next = At };

    [Fact]
    public void Values_are_shown_with_their_course_and_what_is_missing()
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 160;
        console.Write(ValuesView.Table(Page));
        Golden.Verify("values.txt", text.ToString());
    }

    [Fact]
    public void A_spreadsheet_gets_every_member_quoted_where_it_must_be() => Golden.Verify("values.csv", ValuesView.Csv(Page).Replace("\r\n", "\n", StringComparison.Ordinal));
}
