"""What the flyers of `flyers.py` announce."""

from typing import NamedTuple


class Event(NamedTuple):
    title: str
    date: str  # as printed
    day: str  # what it means: YYYY-MM-DD, or --MM-DD without a year
    hours: str  # as printed
    start: str  # HH:MM
    venue: str
    place: str  # what stands below the venue
    blurb: str


EVENTS = [Event(*e) for e in [
    ("Riverside Farmers' Market", "Saturday, June 14, 2025", "2025-06-14", "8:00 AM – 1:00 PM", "08:00", "Riverside Park Pavilion", "220 Water Street", "Fresh produce, baked goods, live bluegrass and a children's craft corner. Bring your own bags!"),
    ("Open Mic Night", "Thursday 6 March", "--03-06", "7:30pm", "19:30", "The Velvet Fox", "14 Market Lane, Bristol", "Sign up at the bar from 6:45pm. Poets, comics and songwriters all welcome. Free entry."),
    ("Spring Book Sale", "April 12", "--04-12", "10am to 4pm", "10:00", "Oakdale Public Library", "Lower level meeting room", "Thousands of gently used books from $1. Proceeds support our summer reading programme."),
    ("Introduction to Beekeeping", "Tuesday, May 6th", "--05-06", "6:30 PM", "18:30", "Hillcrest Community Centre", "88 Birch Road", "With master beekeeper Anna Lindqvist. Registration closes May 1. Cost: $15 per person."),
    ("Winter Lights 5K", "December 13, 2025", "2025-12-13", "5:45 PM", "17:45", "Lakefront Plaza", "Register online before December 1", "Hot chocolate, glow sticks and a finisher's medal for everyone. Strollers welcome."),
    ("Neighborhood Block Party", "Sunday, August 17", "--08-17", "2 PM – 8 PM", "14:00", "Elm Street", "between 3rd and 5th Avenue", "Potluck, bounce house, cornhole. Rain date: August 24."),
    ("Jazz in the Garden", "Friday, July 25, 2025", "2025-07-25", "19:00", "19:00", "Botanical Garden Amphitheatre", "Tickets 18 € / 12 €", "The Marlowe Quartet play standards under the stars. Bring a blanket and a picnic."),
    ("Career Fair", "Wednesday, October 8", "--10-08", "11:00 AM - 3:00 PM", "11:00", "Wilson Student Union", "Ballroom B", "More than 60 employers. Bring copies of your resume. Business attire recommended."),
    ("Quilt Show & Tea", "Saturday 20 September 2025", "2025-09-20", "13:00 – 17:00", "13:00", "St Andrew's Parish Hall", "Church Road, Harrogate", "Cream teas, raffle, and a stall of fabrics. Admission £4, under 12s free."),
    ("Blood Drive", "Monday, November 3", "--11-03", "9 a.m. to 2 p.m.", "09:00", "Fire Station No. 4", "1200 Cedar Boulevard", "Appointments preferred. Call 555-0173. Walk-ins accepted until 1 p.m."),
    ("Salsa Night", "Sat 31 May", "--05-31", "9pm till late", "21:00", "Club Havana", "42 Dock Street", "Beginners' class at 8pm. £7 on the door. DJ Mateo and guests."),
    ("Robotics Workshop for Teens", "15 February 2026", "2026-02-15", "10:00", "10:00", "Makerspace Eastside", "Unit 7, Forge Works", "Build a line follower in one morning. All parts provided. Ages 12 to 17. Limited to 16 places."),
    ("Town Hall Meeting", "Thursday, January 22", "--01-22", "6 PM", "18:00", "Council Chambers", "City Hall, 2nd floor", "Agenda: traffic calming on Pine Street, the library roof, and the 2026 budget."),
    ("The Cherry Orchard", "Friday 14 November 2025", "2025-11-14", "7.30 pm", "19:30", "Playhouse Theatre", "Queen's Square", "By Anton Chekhov. Directed by Miriam Osei. Box office 01632 960 144."),
    ("Pumpkin Carving Contest", "October 25", "--10-25", "3:00 PM", "15:00", "Heritage Barn", "Route 9, Millbrook", "Prizes in three age groups. Pumpkins $5, tools provided. Costumes encouraged."),
    ("Grand Opening", "Saturday, March 1st", "--03-01", "10:00 AM", "10:00", "Brightwater Bakery", "517 Main Street", "Free coffee for the first 50 guests. Ribbon cutting with Mayor Delgado."),
    ("Astronomy Lecture: Black Holes", "Wed, 4 June 2025", "2025-06-04", "20:15", "20:15", "Lecture Hall C", "Physics Building", "Prof. Ilse Brandt on how we photograph what gives no light. Questions welcome."),
    ("Charity Car Wash", "July 19", "--07-19", "9am – 12pm", "09:00", "Lincoln High School", "Parking lot on 8th Street", "$10 cars, $15 trucks. All money goes to the marching band's trip to Chicago."),
    ("Yoga by the Sea", "Sunday, 29 June", "--06-29", "07:30", "07:30", "East Beach Bandstand", "Donation based", "Bring a mat and water. Cancelled if it rains. All levels."),
    ("Retro Games Evening", "Friday, 12.09.2025", "2025-09-12", "18:00", "18:00", "Jugendhaus Mitte", "Raum 3", "Eight consoles, two tournaments, one trophy. Snacks and drinks at cost."),
    ("Wine & Cheese Tasting", "Thursday, April 24, 2025", "2025-04-24", "6:00 PM to 8:30 PM", "18:00", "Cellar 21", "21 Vineyard Way, Napa", "Five reds, four cheeses, one sommelier. $45 per guest, reservations required."),
    ("Annual General Meeting", "Monday 16 June 2025", "2025-06-16", "19:30", "19:30", "Rowing Club Boathouse", "Towpath, Henley", "All members are asked to attend. Nominations by 2 June to the secretary."),
    ("Puppy Training Class", "Saturday May 10", "--05-10", "11:00 AM", "11:00", "Paws & Claws Pet Centre", "301 Industrial Drive", "Six weeks of sit, stay and come. $120 per dog, treats included."),
    ("Silent Disco", "Friday, August 29", "--08-29", "10 PM", "22:00", "Harbour Warehouse", "Pier 9", "Three channels, three DJs. Headphones included with your ticket. Over 18s."),
]]
