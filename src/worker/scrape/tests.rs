//! Pages that come, come late, or don't come.

use super::*;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

const EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

/// A server on loopback that answers one request with this status and page.
fn answering(status: &'static str, page: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let asked = BufReader::new(socket.try_clone().unwrap()).lines().map_while(Result::ok);
        assert!(asked.take_while(|line| !line.is_empty()).count() > 1);
        write!(socket, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}", page.len())
            .unwrap();
    });
    format!("http://{address}/metrics")
}

fn target(name: &str, url: String) -> ScrapeTarget {
    ScrapeTarget { name: name.to_owned(), url }
}

#[test]
fn a_page_is_kept_and_what_cannot_be_read_is_told_with_its_reason() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let targets = [
        target("good", answering("200 OK", "a_total{b=\"c\"} 5\nother 7\nload 0.5\n")),
        target("gone", format!("http://{nobody}/metrics")),
        target("lost", answering("404 Not Found", "no such page")),
        target("odd", answering("200 OK", "<html>\n")),
        target("empty", answering("200 OK", "other 1\n")),
    ];
    let patterns = ["a_*", "load"].map(|text| KeepPattern::parse(text).unwrap());
    let scraper = Scraper::begin(&targets, &patterns, &CpuSet::default());
    let complaints = scraper.first_complaints();
    for (complaint, (name, why)) in complaints.iter().zip([
        ("gone", "refused"),
        ("lost", "status 404"),
        ("odd", "line 1 of the page is no metric"),
        ("empty", "none of 1 metric of"),
    ]) {
        assert!(complaint.starts_with(&format!("--scrape {name}: ")) && complaint.contains(why), "{complaint}");
    }
    assert_eq!(complaints.len(), 4);
    let now_ns = i128::try_from(EPOCH.elapsed().unwrap().as_nanos()).unwrap();
    let told = scraper.board().told(now_ns);
    assert_eq!((told[0].reads, told[0].reads_failed, told[0].series_found), (1, 0, 3));
    assert!(told[0].at_s.len() == 1 && told[0].at_s[0] <= 0.0, "{:?}", told[0].at_s);
    let series = |name: &str, counts_up, value| ScrapedSeries {
        series_name: name.to_owned(),
        counts_up,
        series_values: vec![Some(value)],
    };
    assert_eq!(told[0].series, [series("a_total{b=\"c\"}", true, 5.0), series("load", false, 0.5)]);
    assert_eq!((told[1].reads, told[1].reads_failed, told[1].at_s.len()), (0, 1, 0));
}

#[test]
fn rows_have_gaps_where_a_page_lacked_a_series_and_begin_shortly_before_the_load() {
    let mut gathered = TargetHistory::new(target("b", "http://h/".to_owned()));
    let kept = SeriesFilter::of(&[KeepPattern::parse("*").unwrap()]);
    let mut take = |second: u64, text: &str| {
        gathered.take(&ScrapedPage::parse(text).unwrap(), &kept, EPOCH + Duration::from_secs(second));
    };
    take(80, "a 1\n");
    take(95, "a 2\nb_total 10\n");
    take(100, "b_total 20\na NaN\n");
    take(105, "a 3\n");
    let told = gathered.told(100_000_000_000);
    assert_eq!(told.at_s, [-5.0, 0.0, 5.0]);
    let columns: Vec<_> = told.series.iter().map(|one| (&*one.series_name, one.series_values.clone())).collect();
    assert_eq!(columns[0], ("a", vec![Some(2.0), None, Some(3.0)]));
    assert_eq!(columns[1], ("b_total", vec![Some(10.0), Some(20.0), None]));
    assert_eq!(gathered.complaint(), None);
}

#[test]
fn a_day_of_rows_keeps_the_highest_of_gauges_and_the_last_of_counters_and_a_large_page_is_cut() {
    let mut gathered = TargetHistory::new(target("b", "http://h/".to_owned()));
    let kept = SeriesFilter::of(&[KeepPattern::parse("*").unwrap()]);
    for row in 0..17_280_u64 {
        let gauge = if row == 5_000 { 99.0 } else { 1.0 };
        let page = ScrapedPage::parse(&format!("g {gauge}\nc_total {row}\n")).unwrap();
        gathered.take(&page, &kept, EPOCH + SCRAPE_EVERY * u32::try_from(row).unwrap());
    }
    let told = gathered.told(0);
    assert!((2_000..=3_001).contains(&told.at_s.len()), "{}", told.at_s.len());
    let [gauge, counter] = &told.series[..] else { panic!("two series") };
    assert!(gauge.series_values.contains(&Some(99.0)));
    assert!(counter.series_values.is_sorted() && counter.series_values.last() == Some(&Some(17_279.0)));
    let many: String = (0..300).map(|number| format!("m{number} 1\n")).collect();
    gathered.take(&ScrapedPage::parse(&many).unwrap(), &kept, EPOCH + Duration::from_secs(200_000));
    assert_eq!((gathered.told(0).series.len(), gathered.told(0).series_left_out), (200, 102));
    assert!(gathered.complaint().unwrap().contains("102 had no room"));
}
