using CsCheck;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Distribution;
using GitOps.ControlPlane.Storage;
using GitOps.TestKit;
using static GitOps.ControlPlane.Tests.Distribution.TestReports;

namespace GitOps.ControlPlane.Tests.Distribution;

/// <summary>An agent with its queue, a network that does as it likes, and a control plane that is killed.</summary>
public sealed class ExactlyOnceTests
{
    private enum Step
    {
        Write, Send, Deliver, Duplicate, Lose, Acknowledge, LoseAck, DropOldest, RestartAgent, KillControlPlane,
    }

    private static readonly Gen<(Step, int)[]> Histories = Gen.Select(
        Gen.Frequency(
            (1, Gen.OneOf(Step.Write, Step.Send, Step.Deliver, Step.Acknowledge)),
            (1, Gen.Enum<Step>())),
        Gen.Int[0, 1000]).Array[5, 60];

    [Fact]
    public Task Every_report_is_booked_once_and_none_acknowledged_is_lost_whatever_is_cut() =>
        Histories.SampleAsync(
            async history =>
            {
                await using var world = new World();
                foreach (var (step, choice) in history)
                {
                    await world.TakeAsync(step, choice);
                }

                await world.SettleAsync();
            },
            iter: 60);

    private sealed class World : IAsyncDisposable
    {
        private readonly TempDirectory _directory = new();
        private readonly List<NodeReport> _written = [];
        private readonly HashSet<NodeReport> _dropped = [];
        private readonly List<NodeReport> _held = [];
        private readonly List<NodeReport> _onTheWay = [];
        private readonly List<Ack> _acks = [];
        private int _boot = 1;
        private long _sequence;
        private int _kills;
        private Database _database;
        private ReportBook _book;

        public World()
        {
            _database = Open(_directory["0.db"]);
            _book = new ReportBook(_database, TimeProvider.System);
        }

        private string Boot => $"boot-{_boot}";

        public async Task TakeAsync(Step step, int choice)
        {
            switch (step)
            {
                case Step.Write:
                    Write();
                    break;
                case Step.Send when _held.Count > 0:
                    _onTheWay.Add(_held[choice % _held.Count]);
                    break;
                case Step.Deliver when _onTheWay.Count > 0:
                    await DeliverAsync(Take(_onTheWay, choice));
                    break;
                case Step.Duplicate when _onTheWay.Count > 0:
                    _onTheWay.Add(_onTheWay[choice % _onTheWay.Count]);
                    break;
                case Step.Lose when _onTheWay.Count > 0:
                    Take(_onTheWay, choice);
                    break;
                case Step.Acknowledge when _acks.Count > 0:
                    Forget(Take(_acks, choice));
                    break;
                case Step.LoseAck when _acks.Count > 0:
                    Take(_acks, choice);
                    break;
                case Step.DropOldest when _held.Count > 0:
                    _dropped.Add(_held[0]);
                    _held.RemoveAt(0);
                    break;
                case Step.RestartAgent:
                    (_boot, _sequence) = (_boot + 1, 0);
                    break;
                case Step.KillControlPlane:
                    await KillAsync();
                    break;
            }
        }

        /// <summary>The network heals: the agent sends, oldest first, until it holds nothing.</summary>
        public async Task SettleAsync()
        {
            Write();
            var tries = 0;
            while (_held.Count > 0)
            {
                Assert.True(tries++ < 10, $"{_held.Count} reports are never acknowledged, first {_held[0].BootId}/{_held[0].Sequence}");
                foreach (var report in _held.ToList())
                {
                    await DeliverAsync(report);
                }

                _acks.ForEach(Forget);
                _acks.Clear();
                // A gap left by dropped reports is closed by the next report of that boot; of an older boot by its own.
                if (_held.Count > 0)
                {
                    Refresh();
                }
            }

            var booked = Booked();
            Assert.All(_written, report =>
            {
                var times = booked.Count(b => b == Name(report));
                Assert.True(times == 1 || (times == 0 && _dropped.Contains(report)), $"{Name(report)} is booked {times} times");
            });
        }

        public async ValueTask DisposeAsync()
        {
            await _book.DisposeAsync();
            _database.Dispose();
            _directory.Dispose();
        }

        private void Write()
        {
            var oldest = _held.FirstOrDefault(r => r.BootId == Boot)?.Sequence ?? _sequence + 1;
            var report = Report("n", Boot, ++_sequence, oldest, Event($"{Boot}/{_sequence}"));
            _written.Add(report);
            _held.Add(report);
        }

        /// <summary>The agent says anew what its oldest is: it does so whenever it sends.</summary>
        private void Refresh()
        {
            for (var i = 0; i < _held.Count; i++)
            {
                var (report, oldest) = (_held[i], _held.First(r => r.BootId == _held[i].BootId).Sequence);
                var renewed = report with { Oldest = oldest };
                _written[_written.IndexOf(report)] = renewed;
                _held[i] = renewed;
            }
        }

        private async Task DeliverAsync(NodeReport report)
        {
            var ack = await _book.BookAsync(report, ReportJson.Write(report), TestContext.Current.CancellationToken);
            _acks.Add(ack!);
            var booked = Booked();
            Assert.All(
                _written.Where(w => w.BootId == ack!.BootId && w.Sequence <= ack.Sequence && !_dropped.Contains(w)),
                w => Assert.True(booked.Contains(Name(w)), $"{Name(w)} is acknowledged and not booked"));
        }

        private void Forget(Ack ack) => _held.RemoveAll(r => r.BootId == ack.BootId && r.Sequence <= ack.Sequence);

        /// <summary>What a kill leaves: the files as they are, nobody having closed them.</summary>
        private async Task KillAsync()
        {
            var (from, to) = (_directory[$"{_kills}.db"], _directory[$"{++_kills}.db"]);
            foreach (var suffix in new[] { "", "-wal" })
            {
                File.Copy(from + suffix, to + suffix);
            }

            await _book.DisposeAsync();
            _database.Dispose();
            _database = Open(to);
            _book = new ReportBook(_database, TimeProvider.System);
        }

        private List<string> Booked() => [.. new ReportReader(_database).Events("n").Select(e => e.Message)];

        private static string Name(NodeReport report) => $"{report.BootId}/{report.Sequence}";

        private static T Take<T>(List<T> from, int choice)
        {
            var taken = from[choice % from.Count];
            from.RemoveAt(choice % from.Count);
            return taken;
        }
    }
}
